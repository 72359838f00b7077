// Keeps one layer for the board beside it: sent once, when it is switched on, and let go of when it is off.
export default function (component) {
  const { data } = component;
  window.huapianLayers = { ...window.huapianLayers, [data.name]: data };
  window.dispatchEvent(new Event("huapian-layer"));
  return () => { if (window.huapianLayers[data.name] === data) { delete window.huapianLayers[data.name]; } };
}
