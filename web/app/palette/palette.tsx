import { useEffect, useId, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { Highlighted } from '../../ui/highlighted.tsx'
import type { PaletteItem } from './palette-items.ts'
import { usePaletteItems } from './use-palette-items.ts'
import type { PaletteDialogs } from './use-palette-items.ts'
import { t } from '../../language/t.ts'

/** The command palette: pages, sessions and actions, found by typing a part of their name. */
export default function Palette(props: { onClose: () => void; dialogs: PaletteDialogs }) {
  const id = useId()
  const [typed, setTyped] = useState('')
  const [index, setIndex] = useState(0)
  const items = usePaletteItems(typed, props.dialogs)
  const active = items[Math.min(index, items.length - 1)]
  const list = useRef<HTMLDivElement>(null)

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [active?.id])

  function choose(item: PaletteItem): void {
    props.onClose()
    item.run()
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      return props.onClose()
    }
    const move = moves.get(event.key)
    if (move !== undefined && items.length > 0) {
      event.preventDefault()
      setIndex((Math.min(index, items.length - 1) + move + items.length) % items.length)
    } else if (event.key === 'Enter' && active) {
      event.preventDefault()
      choose(active)
    }
  }

  return (
    <Dialog
      label={t('Command palette')}
      onClose={props.onClose}
      className="mx-auto mt-[12dvh] w-[min(36rem,calc(100vw-1.5rem))] animate-[rise_140ms_ease-out] rounded-2xl border border-border bg-raised p-0 text-text shadow-2xl"
    >
      <input
        role="combobox"
        aria-label={t('Search commands and sessions')}
        dir="auto"
        aria-expanded
        aria-controls={`${id}list`}
        aria-activedescendant={active ? `${id}${active.id}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={t('Search or run a command…')}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setIndex(0)
        }}
        onKeyDown={onKeyDown}
        className="h-13 w-full rounded-t-2xl border-b border-border bg-transparent px-5 text-base outline-none placeholder:text-muted"
      />
      <div
        ref={list}
        id={`${id}list`}
        role="listbox"
        aria-label={t('Results')}
        className="max-h-[min(24rem,55dvh)] overflow-y-auto p-2"
      >
        {groupsOf(items).map(([group, members]) => (
          <div key={group} role="group" aria-labelledby={`${id}${group}`}>
            <div
              id={`${id}${group}`}
              role="presentation"
              className="px-3 pt-2 pb-1 text-xs font-medium text-muted"
            >
              {group}
            </div>
            {members.map((item) => (
              <div
                key={item.id}
                id={`${id}${item.id}`}
                role="option"
                aria-selected={item === active}
                onPointerMove={() => setIndex(items.indexOf(item))}
                onClick={() => choose(item)}
                className="flex min-h-9 cursor-pointer items-center rounded-lg px-3 py-1.5 text-sm aria-selected:bg-hover"
              >
                <span className="min-w-0">
                  <span className="line-clamp-2 wrap-anywhere">
                    {item.ranges ? (
                      <Highlighted text={item.text} ranges={item.ranges} />
                    ) : (
                      <bdi>{item.text}</bdi>
                    )}
                  </span>
                  {item.detail !== undefined && (
                    <bdi className="block truncate text-match-parent text-xs text-muted">
                      {item.detail}
                    </bdi>
                  )}
                </span>
              </div>
            ))}
          </div>
        ))}
      </div>
      <p role="status" className={items.length > 0 ? 'sr-only' : 'px-5 pb-4 text-sm text-muted'}>
        {items.length > 0 ? '' : t('Nothing found for “{typed}”.', { typed })}
      </p>
    </Dialog>
  )
}

const moves = new Map([
  ['ArrowDown', 1],
  ['ArrowUp', -1],
])

function groupsOf(items: readonly PaletteItem[]): [string, PaletteItem[]][] {
  return [...Map.groupBy(items, ({ group }) => group)]
}
