/** Show the few marks that our texts use (bold, italic, code, links, lists) as DOM nodes. */

import { h } from "../dom.js";

const ITEM = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+(.*)$/;
// Each alternative starts with its own character and holds no nested repeat: linear on any input.
const MARK =
  /\*\*(?=\S)([^*\n]{1,500})\*\*|(?<!\w)_(?=\S)([^_\n]{1,500})_(?!\w)|`([^`\n]{1,500})`|\[([^\]\n]{1,300})\]\(((?:https?:\/\/|mailto:|tel:|\/)[^\s()]{1,1000})\)|(https?:\/\/[^\s<>"]{1,1000})/g;

/** Turn `text` into nodes; whatever is not one of our marks, or leads where it may not, stays the text it is. */
export function markdown(text, linkable = () => true) {
  const blocks = [];
  const inline = (line) => nodesOf(line, linkable);
  for (const line of text.split("\n")) {
    const item = ITEM.exec(line);
    if (item) listFor(blocks, item[1]).append(h("li", {}, ...inline(item[2])));
    else if (!line.trim()) blocks.push(null);
    else if (blocks.at(-1)?.localName === "p") blocks.at(-1).append(h("br"), ...inline(line));
    else blocks.push(h("p", {}, ...inline(line)));
  }
  return blocks.filter(Boolean);
}

function listFor(blocks, number) {
  const tag = number ? "ol" : "ul";
  if (blocks.at(-1)?.localName !== tag) blocks.push(h(tag, number > 1 ? { start: number } : {}));
  return blocks.at(-1);
}

function nodesOf(line, linkable) {
  const nodes = [];
  let done = 0;
  for (const mark of line.matchAll(MARK)) {
    const node = nodeFor(mark, linkable);
    nodes.push(line.slice(done, mark.index), node);
    done = mark.index + (mark[6] ? node.textContent.length : mark[0].length);
  }
  return [...nodes, line.slice(done)].filter((node) => node !== "");
}

function nodeFor([all, bold, italic, code, label, target, address], linkable) {
  if (bold) return h("strong", {}, bold);
  if (italic) return h("em", {}, italic);
  if (code) return h("code", {}, code);
  // With its address in sight, so that nobody is led by a label.
  if (label) return linkable(target) ? link(target, label) : document.createTextNode(all);
  // The full stop or bracket after an address belongs to the sentence.
  const bare = address.replace(/[.,;:!?)\]'*_]+$/, "");
  return linkable(bare) ? link(bare, bare) : document.createTextNode(bare);
}

function link(href, label) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
}
