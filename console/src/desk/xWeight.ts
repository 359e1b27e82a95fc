// How X counts text (twitter-text, configuration v3), for the counter under a reply. The gateway counts again when it sends, more
// strictly where it cannot know X's answer; this is for people to see roughly where they are.

const Url = /(?<![a-z0-9@$#_.\-/])(?:https?:\/\/[a-z0-9.-]*[a-z0-9](?::\d+)?|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?![a-z0-9@]))(?:[/?#][a-z0-9!*';:=+,.$/%#[\]\-_~@|&?]*[a-z0-9=_#/+\-&])?/gi;
const UrlWeight = 23;
const Heavy = 2;

const isLight = (c: number) => c <= 4351 || (c >= 8192 && c <= 8205) || (c >= 8208 && c <= 8223) || (c >= 8242 && c <= 8247);

const clusters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const Emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|⃣/u;

export function xWeight(text: string): number {
  let weight = 0;
  let at = 0;
  const clean = text.trim().normalize('NFC');
  for (const url of clean.matchAll(Url)) {
    weight += plain(clean.slice(at, url.index)) + UrlWeight;
    at = url.index + url[0].length;
  }
  return weight + plain(clean.slice(at));
}

function plain(text: string): number {
  let weight = 0;
  for (const { segment } of clusters.segment(text)) {
    if (segment.length > 1 && Emoji.test(segment)) weight += Heavy;
    else for (const c of segment) weight += isLight(c.codePointAt(0)!) ? 1 : Heavy;
  }
  return weight;
}
