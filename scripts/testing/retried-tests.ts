import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints the tests that passed only when they were tried again, and how they failed before. Each is a fault to look for:
 * of the product, or of the test, such as a wait for time instead of for what is to happen.
 */
export class RetriedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const retried = modules.flatMap((module) =>
      [...module.children.allTests('passed')]
        .filter((test) => test.diagnostic()?.flaky)
        .map((test) => {
          const errors = test.result().errors ?? []
          const told = errors.map(({ stack, message }) => stack ?? message)
          return `  ${module.relativeModuleId} > ${test.fullName}\n${told.join('\n')}`
        }),
    )
    if (retried.length > 0) {
      console.log(`Passed only at the second try, look for the fault:\n${retried.join('\n')}`)
    }
  }
}
