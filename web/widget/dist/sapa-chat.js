import"./chat-17b18724d2.js";
