/** What a model is told behind its own text that was cut, so that it goes on with it. */
export const GO_ON =
  'Your answer was cut off here. Go on exactly where it ended: repeat nothing of it, and do not comment on this.'
