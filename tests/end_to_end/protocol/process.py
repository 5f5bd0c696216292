"""A program that is talked to by lines through pipes. Nothing here sleeps: every wait is for a line or for the program's end."""
import queue
import subprocess
import threading

LONG = 60.0  # seconds that stand for never; machines under load are slow


class Process:
    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)
        self.lines = queue.Queue()
        self.seen = []  # everything that came, for messages
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\r\n"))
        self.lines.put(None)

    def send(self, line, end="\n"):
        self.process.stdin.write(line + end)
        self.process.stdin.flush()

    def next_line(self):
        try:
            line = self.lines.get(timeout=LONG)
        except queue.Empty:
            raise AssertionError(f"{self.command[0]}: nothing came; last {self.seen[-5:]}")
        if line is None:
            raise AssertionError(f"{self.command[0]}: ended with {self.process.wait()}; last {self.seen[-5:]}")
        self.seen.append(line)
        return line

    def until(self, word):
        """Lines up to the first that begins with `word`."""
        lines = [self.next_line()]
        while lines[-1].split(" ")[0] != word:
            lines.append(self.next_line())
        return lines

    def until_text(self, text):
        lines = [self.next_line()]
        while text not in lines[-1]:
            lines.append(self.next_line())
        return lines

    def close_input(self):
        self.process.stdin.close()

    def exit_code(self):
        return self.process.wait(LONG)

    def rest(self):
        """After its end: the lines that were not taken."""
        lines = []
        while (line := self.lines.get(timeout=LONG)) is not None:
            lines.append(line)
        return lines
