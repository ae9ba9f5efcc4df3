import"./chat-eb37ed9567.js";
