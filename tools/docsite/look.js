// Returns what is wrong with the page. Contrast as WCAG 2.1 AA has it: 4.5, for large text 3.
(() => {
  const wrong = [], width = document.documentElement.clientWidth;
  const article = document.querySelector("article");
  const tag = (element) => element.outerHTML.slice(0, 100);
  const shown = (element) => element.checkVisibility({opacityProperty: true, visibilityProperty: true});

  // Nothing scrolls sideways but code.
  if (document.scrollingElement.scrollWidth > width) {
    const all = [...document.querySelectorAll("body *")];
    const wide = all.find((each) => each.getBoundingClientRect().right > width + 1);
    wrong.push(`wider than the screen: ${wide && tag(wide)}`);
  }
  // Of the elements around the article too: the theme lets its column scroll where something is too wide for it.
  const around = [];
  for (let each = article; each; each = each.parentElement) around.push(each);
  for (const each of [...around, ...document.querySelectorAll("article *")]) {
    const clips = getComputedStyle(each).overflowX !== "visible" && !each.closest("pre, code");
    if (clips && each.scrollWidth > each.clientWidth + 1) wrong.push(`cut off: ${tag(each)}`);
  }
  for (const each of document.querySelectorAll("article pre")) {
    const {overflowX, whiteSpace} = getComputedStyle(each);
    if (whiteSpace !== "pre") wrong.push(`code whose lines break: ${tag(each)}`);
    if (each.scrollWidth > each.clientWidth && !/auto|scroll/.test(overflowX)) {
      wrong.push(`code that does not scroll: ${tag(each)}`);
    }
  }

  // A word is in one line.
  const words = document.createTreeWalker(article, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (words.nextNode()) {
    const text = words.currentNode;
    if (!shown(text.parentElement)) continue;
    for (const word of text.data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const boxes = [...range.getClientRects()];
      if (boxes.some((box) => box.top >= boxes[0].bottom)) wrong.push(`broken in mid-word: ${word[0]}`);
    }
  }

  // Headings go down one level at a time, and get smaller.
  const headings = [...article.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const level = (heading) => Number(heading.tagName[1]);
  const fontSize = (element) => parseFloat(getComputedStyle(element).fontSize);
  const titles = headings.filter((heading) => level(heading) === 1);
  // The page of the search has no heading.
  if (headings.length && (titles.length !== 1 || titles[0] !== headings[0])) {
    wrong.push(`not one title at the top: ${headings.map((heading) => heading.tagName)}`);
  }
  headings.forEach((heading, index) => {
    if (index && level(heading) > level(headings[index - 1]) + 1) wrong.push(`heading level skipped: ${tag(heading)}`);
    const larger = headings.find((other) => level(other) < level(heading) && fontSize(other) <= fontSize(heading));
    if (larger) wrong.push(`heading not smaller than that above it: ${tag(heading)}`);
  });

  if (/^ERROR/m.test(document.body.innerText)) wrong.push("an error of the theme: see the screenshot");
  if (/Didww/.test(document.title + document.body.textContent)) wrong.push("name of the collection not in lower case");

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
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };

  for (const each of document.querySelectorAll("article .highlight")) {
    const ratio = contrast(behind(each), behind(each.parentElement));
    if (ratio < 1.1) wrong.push(`code like the page, ${ratio.toFixed(2)}: ${tag(each)}`);
  }

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement, text = texts.currentNode.data.trim();
    if (!/[\p{L}\p{N}]/u.test(text) || element.closest("svg, noscript") || !shown(element)) continue;
    const style = getComputedStyle(element), size = fontSize(element);
    const bold = parseInt(style.fontWeight) >= 700, needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ratio = contrast(parse(style.color), behind(element));
    const report = (what) => {
      const words = `${what} of ${element.tagName}.${element.className}`;
      if (!seen.has(words)) wrong.push(`${words}, such as "${text.slice(0, 30)}"`);
      seen.add(words);
    };
    if (ratio < needed) report(`contrast ${ratio.toFixed(1)}`);
    if (size < 10.5) report(`${size}px text`);
  }
  return [...new Set(wrong)];
})()
