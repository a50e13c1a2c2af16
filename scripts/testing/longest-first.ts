import { relative } from 'node:path'
import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** Files without isolation share a process as long as the next one is of the same project. */
const PROJECTS = ['untimed', 'package', 'postgres', 'unit']

/**
 * The slowest files of their projects: if they began last, one of them would run alone at the end on two processors.
 */
const LONGEST = [
  'e2e/interface/interface.story.ts',
  'e2e/screens/screens.story.ts',
  'e2e/accounts/accounts.story.ts',
  'e2e/faults/presence.story.ts',
  'server/stories/start.test.ts',
  'e2e/faults/killed-server.story.ts',
  'e2e/faults/network.story.ts',
  'server/stories/tools/mcp-kill.test.ts',
  'e2e/voice.story.ts',
  'scripts/package/package.test.ts',
  'server/stories/nodes/simulation.test.ts',
  'e2e/offline/offline.story.ts',
  'e2e/use-chat.story.ts',
  'e2e/drills/dump-restore.story.ts',
  'scripts/deploy/try-set.test.ts',
  'server/stories/slow-work.test.ts',
  'server/stories/sessions/presence.both.test.ts',
  'server/stories/answers/background-answers.both.test.ts',
  'server/mcp/servers.test.ts',
  'e2e/drills/fail-over.story.ts',
  'server/stories/tools/images.test.ts',
  'server/stories/tools/mcp-tasks.both.test.ts',
]

/** The slowest files begin first; otherwise the order is Vitest's. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files)
    return usual.toSorted(
      (a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b) || rankOf(a) - rankOf(b),
    )
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder

const placeOf = ({ project }: TestSpecification): number => PROJECTS.indexOf(project.name)

function rankOf({ project, moduleId }: TestSpecification): number {
  const rank = LONGEST.indexOf(relative(project.vitest.config.root, moduleId))
  return rank < 0 ? LONGEST.length : rank
}
