import"./chat-2bd4d98dcc.js";
