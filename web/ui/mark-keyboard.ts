/**
 * Marks the page while somebody moves through it by keys. A text box has the focus of browsers also when it was clicked,
 * and shows so only to those who cannot see it by their pointer.
 */
export function markKeyboard(): void {
  const { dataset } = document.documentElement
  addEventListener('keydown', ({ key }) => {
    if (key === 'Tab') dataset['keys'] = ''
  })
  addEventListener('pointerdown', () => delete dataset['keys'])
}
