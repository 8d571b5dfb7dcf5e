"""Counts the CPU time that a process spends in SQLite, which runs inside it.

It wraps the standard library's connection and cursors below Django: every statement, every row
fetched, every commit. What Django does to write a statement or to make objects of rows lies
outside; the conversion of columns to Python's dates and numbers lies inside, because SQLite's
driver calls it. Before it: placement.py, which opens a connection with it. Guarantees: the store's
part is never too small, since the clock's own readings are in it.
"""

import functools
import sqlite3
import time


class StoreTime:
    """The seconds of CPU so far, and the number of statements that took them."""

    def __init__(self):
        self.seconds = 0.0
        self.statements = 0


# One process measures one thread, so there is one count.
STORE_TIME = StoreTime()


def counted(method):
    """Returns the method of the driver with its CPU time added to the count."""

    @functools.wraps(method)
    def call(*arguments, **named):
        began = time.thread_time()
        try:
            return method(*arguments, **named)
        finally:
            STORE_TIME.seconds += time.thread_time() - began

    return call


class CountedCursor(sqlite3.Cursor):
    """A cursor of the driver, below whichever class Django puts on it."""

    executemany = counted(sqlite3.Cursor.executemany)
    fetchone = counted(sqlite3.Cursor.fetchone)
    fetchmany = counted(sqlite3.Cursor.fetchmany)
    fetchall = counted(sqlite3.Cursor.fetchall)
    close = counted(sqlite3.Cursor.close)
    __next__ = counted(sqlite3.Cursor.__next__)
    _execute = counted(sqlite3.Cursor.execute)

    def execute(self, *arguments):
        STORE_TIME.statements += 1
        return self._execute(*arguments)


@functools.cache
def counted_class(cursor_class):
    """Returns Django's class of cursors with the counting between it and the driver."""
    if issubclass(cursor_class, CountedCursor):
        return cursor_class
    return type(f"Counted{cursor_class.__name__}", (cursor_class, CountedCursor), {})


class CountedConnection(sqlite3.Connection):
    """A connection whose cursors, commits and rollbacks are counted."""

    commit = counted(sqlite3.Connection.commit)
    rollback = counted(sqlite3.Connection.rollback)

    def cursor(self, factory=CountedCursor):
        return super().cursor(factory=counted_class(factory))
