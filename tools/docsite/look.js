// Returns what is wrong with the page. Contrast as WCAG 2.1 AA has it: 4.5, for large text 3.
(() => {
  const wrong = new Set(), width = document.documentElement.clientWidth;
  const article = document.querySelector("article");
  const tag = (element) => element.outerHTML.slice(0, 100);
  const style = (element) => getComputedStyle(element);

  // Nothing scrolls sideways but code.
  if (document.scrollingElement.scrollWidth > width) {
    const wide = [...document.querySelectorAll("body *")].find((each) => each.getBoundingClientRect().right > width + 1);
    wrong.add(`wider than the screen: ${wide && tag(wide)}`);
  }
  // The theme lets the column around the article scroll where something is too wide for it.
  const around = [];
  for (let each = article; each; each = each.parentElement) around.push(each);
  for (const each of [...around, ...article.querySelectorAll("*")]) {
    const clips = style(each).overflowX !== "visible" && !each.closest("pre, code");
    const hides = each.matches("pre") && !/auto|scroll/.test(style(each).overflowX);
    if ((clips || hides) && each.scrollWidth > each.clientWidth + 1) wrong.add(`cut off: ${tag(each)}`);
  }

  // The theme writes its complaints into the page.
  for (const each of article.querySelectorAll("*")) {
    const words = getComputedStyle(each, "::before").content;
    if (/ERROR/.test(words) && each.checkVisibility()) wrong.add(`complaint of the theme: ${words.slice(0, 60)}`);
  }
  // A command is shown whole: it is not scrolled to. What a reader types can be copied.
  for (const each of article.querySelectorAll(".highlight-console pre")) {
    if (each.scrollWidth > each.clientWidth + 1) wrong.add(`command cut off: ${tag(each)}`);
    if (!each.parentElement.querySelector("button.copybtn")) wrong.add(`no copy button: ${tag(each)}`);
  }
  // On a desktop, the contents of a page are beside it. A module's examples come before its options.
  const contents = document.querySelector(".toc-drawer:not(.no-toc)"), box = contents?.getBoundingClientRect();
  if (contents && innerWidth >= 1280 && !(box.width && box.left >= 0 && box.right <= innerWidth)) wrong.add("no contents");
  const [examples, options] = ["examples", "parameters"].map((id) => article.querySelector(`section#${id}`));
  if (options && !(examples?.compareDocumentPosition(options) & Node.DOCUMENT_POSITION_FOLLOWING)) wrong.add("no examples first");

  const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => colour.slice(0, 3)
    .map((each) => each / 255)
    .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(style(each).backgroundColor);
      if ((colour[3] ?? 1) > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, text = texts.currentNode.data.trim();
    const shown = element.checkVisibility({opacityProperty: true, visibilityProperty: true});
    if (!/[\p{L}\p{N}]/u.test(text) || element.closest("svg, noscript") || !shown) continue;
    const {color, fontSize, fontWeight} = style(element), size = parseFloat(fontSize);
    const needed = size >= 24 || (parseInt(fontWeight) >= 700 && size >= 18.66) ? 3 : 4.5;
    const [low, high] = [luminance(parse(color)), luminance(behind(element))].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < needed) wrong.add(`contrast ${ratio.toFixed(1)} of ${element.tagName}.${element.className}`);
  }
  return [...wrong];
})()
