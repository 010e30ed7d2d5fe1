"""Immediate recovery after a process was killed, without waiting for its leases to expire.

On AWS nothing can know that a worker is dead, so its lease has to expire. On one machine its lock is gone with it.
"""

from chalicelib import log
from chalicelib.bootstrap import Services
from chalicelib.store.semaphore import clear_semaphores


def revive(services: Services) -> int:
    """Send the open steps of every open task again and return the number of these tasks.

    Call this only while no worker is alive: then leases and permits of dead workers can be freed, and none of their
    calls is in flight. Messages they had received stay hidden until their visibility time-out; when redelivered, they
    find their steps done or in progress.
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
