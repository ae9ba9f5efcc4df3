import"./chat-f81bd68789.js";
