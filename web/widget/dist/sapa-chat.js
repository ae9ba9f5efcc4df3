import"./chat-762d2b0848.js";
