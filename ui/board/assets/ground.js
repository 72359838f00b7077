// Keeps the ground of a map for the board beside it: sent once, while the plan on it changes with every stroke.
// The first 32 bytes are its name.
export default function (component) {
  const bytes = component.data;
  const name = new TextDecoder().decode(bytes.subarray(0, 32));
  window.huapianGround = { [name]: bytes.subarray(32) };
}
