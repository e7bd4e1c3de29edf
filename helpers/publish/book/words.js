// What a word means is shown towards the middle of the page, where there is room for it.
const place = ({ target }) => {
  const word = target.closest?.("a.word");
  word?.classList.toggle("leftward", word.getBoundingClientRect().left > innerWidth / 2);
};
for (const event of ["pointerover", "focusin"]) document.addEventListener(event, place);
