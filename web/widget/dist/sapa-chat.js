import"./chat-9df7bdec8d.js";
