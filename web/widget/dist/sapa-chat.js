import"./chat-6b0ca115b0.js";
