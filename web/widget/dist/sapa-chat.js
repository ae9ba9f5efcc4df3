import"./chat-1cf420354a.js";
