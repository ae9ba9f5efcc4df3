/** Put a part's styles into a shadow root, once; unlike a style element they need no leave of the page's policy. */

export function dress(root, css) {
  if (!css || root.adoptedStyleSheets.some((sheet) => sheet.text === css)) return;
  const sheet = Object.assign(new CSSStyleSheet(), { text: css });
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
}
