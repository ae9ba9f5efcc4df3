import"./chat-09850afafb.js";
