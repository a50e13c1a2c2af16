/** The instruction behind a model's own cut text, so that it continues the text. */
export const GO_ON =
  'Your answer was cut off here. Go on exactly where it ended: repeat nothing of it, and do not comment on this.'
