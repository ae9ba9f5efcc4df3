import"./chat-9c6c97fe59.js";
