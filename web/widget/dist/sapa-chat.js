import"./chat-864f71b5a8.js";
