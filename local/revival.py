"""Going on at once where a process that was killed left off, without waiting for its leases to run out.

On AWS nobody can know that a worker is dead, so its lease has to run out. On one machine its lock is gone with it.
"""

from chalicelib import log
from chalicelib.bootstrap import Services
from chalicelib.store.semaphore import clear_semaphores


def revive(services: Services) -> int:
    """Send the open steps of every open task again; how many tasks there are.

    Only for a moment when no worker lives: what dead ones held is free then, and no call of theirs is in flight. The
    messages they had received stay hidden for a while; when they come back, they find their steps done or in work.
    """
    clear_semaphores()
    revived = 0
    for task in list(services.tasks.open_ones()):
        services.leases.free(task.story_id)
        services.flow.send_open_steps(task)
        services.flow.complete_if_done(task)
        log.event("task_revived", task_id=task.task_id)
        revived += 1
    return revived
