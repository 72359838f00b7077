// The maps as a part of the page: the ground comes as a part of its own and may come later.
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".hp-pair");
  root.pair = root.pair || new Pair(root, (unit) => setStateValue("chosen", unit));
  const draw = () => {
    const bytes = window.huapianGround && window.huapianGround[data.ground];
    clearTimeout(root.waiting);
    if (bytes) { root.pair.update(data, bytes); } else { root.waiting = setTimeout(draw, 30); }
  };
  draw();
}
