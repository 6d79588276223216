"""Who is online in which room.

Kept in this process, like the in-memory channel layer beside it: a crash cannot leave ghosts behind. A deployment with
several processes would keep both in Redis. A user with two tabs is online until the second one is gone. Everything here
runs on the event loop's thread.
"""

from collections import Counter, defaultdict

_sockets = defaultdict(Counter)


def enter(room_id, user_id):
    """True when the user was not there before."""
    _sockets[room_id][user_id] += 1
    return _sockets[room_id][user_id] == 1


def leave(room_id, user_id):
    """True when that was the user's last socket in the room."""
    room = _sockets[room_id]
    room[user_id] -= 1
    if room[user_id] > 0:
        return False
    del room[user_id]
    if not room:
        del _sockets[room_id]
    return True


def online(room_id):
    return sorted(_sockets[room_id]) if room_id in _sockets else []
