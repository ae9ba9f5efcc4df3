import"./chat-c1d05f890b.js";
