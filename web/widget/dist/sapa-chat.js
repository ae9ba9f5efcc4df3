import"./chat-86de48d707.js";
