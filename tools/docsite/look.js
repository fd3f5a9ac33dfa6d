// Returns what is wrong with the page. Contrast as WCAG 2.1 AA has it: 4.5, for large text 3.
(() => {
  const wrong = [], width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > width) {
    const all = [...document.querySelectorAll("body *")];
    const wide = all.find((each) => each.getBoundingClientRect().right > width + 1);
    wrong.push(`wider than the screen: ${wide && wide.outerHTML.slice(0, 100)}`);
  }
  // Of the elements around the article too: the theme lets its column scroll where something is too wide for it.
  const around = [];
  for (let each = document.querySelector("article"); each; each = each.parentElement) around.push(each);
  for (const each of [...around, ...document.querySelectorAll("article *")]) {
    const clips = getComputedStyle(each).overflowX !== "visible" && !each.closest("pre");
    if (clips && each.scrollWidth > each.clientWidth + 1) {
      wrong.push(`cut off: ${each.outerHTML.slice(0, 100)}`);
    }
  }
  if (/^ERROR/m.test(document.body.innerText)) wrong.push("an error of the theme: see the screenshot");
  const parse = (colour) => {
    const [red, green, blue, alpha] = colour.match(/[\d.]+/g).map(Number);
    return {red, green, blue, alpha: alpha ?? 1};
  };
  const light = ({red, green, blue}) => [red, green, blue]
    .map((each) => each / 255)
    .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.alpha > 0.5) return colour;
    }
    return {red: 255, green: 255, blue: 255};
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, text = texts.currentNode.data.trim();
    if (!/[\p{L}\p{N}]/u.test(text) || element.closest("svg, noscript")) continue;
    if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const bold = parseInt(style.fontWeight) >= 700, needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const [high, low] = [light(parse(style.color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const report = (what) => {
      const words = `${what} of ${element.tagName}.${element.className}`;
      if (!seen.has(words)) wrong.push(`${words}, such as "${text.slice(0, 30)}"`);
      seen.add(words);
    };
    if (ratio < needed) report(`contrast ${ratio.toFixed(1)}`);
    if (size < 10.5) report(`${size}px text`);
  }
  return wrong;
})()
