"""Has builds go beyond each limit of their resources."""

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand
from engine.work.output import read_log
from state.model.build import Build
from state.model.task import LimitOverrides

MB = 1 << 20


async def memory(stand: Stand) -> Proof:
    """More memory than allowed is not had."""
    hungry = "head -c 400M /dev/zero | tail -c 400M | wc -c"
    build = await stand.build("memory", hungry, limits=LimitOverrides(memory_bytes=64 * MB))
    got = (stand.printed(build.id).splitlines() or ["nothing"])[-1]
    return seen("limit: memory", got != str(400 * MB), f"400 MB with 64 MB allowed: {got} bytes came through")


async def file_size(stand: Stand) -> Proof:
    """No file grows beyond what is allowed."""
    build = await stand.build("file-size", "head -c 8M /dev/zero > big", limits=LimitOverrides(file_bytes=MB))
    path = stand.workspace.build(build.id).work / "big"
    size = path.stat().st_size if path.exists() else 0
    return seen("limit: file size", size <= MB, f"8 MB with 1 MB allowed: {size:,} bytes were written")


async def open_files(stand: Stand) -> Proof:
    """No more files are open at once than allowed."""
    opens = 'i=3; while [ $i -lt 100 ] && eval "exec $i</dev/null" 2>/dev/null; do i=$((i+1)); done; echo $i'
    build = await stand.build("open-files", f"bash -c '{opens}'", limits=LimitOverrides(open_files=32))
    last = (stand.printed(build.id).splitlines() or ["0"])[-1]
    held = not last.isdecimal() or int(last) <= 32
    return seen("limit: open files", held, f"100 with 32 allowed: it got to descriptor {last}")


async def processes(stand: Stand) -> Proof:
    """No more processes than allowed."""
    many = "i=0; while [ $i -lt 200 ]; do sleep 300 & i=$((i+1)); echo $i; done"
    build = await stand.build("many", many, limits=LimitOverrides(processes=50))
    counted = [int(line) for line in stand.printed(build.id).splitlines() if line.isdecimal()]
    most = max(counted, default=0)
    return seen("limit: processes", 0 < most < 200, f"200 with 50 allowed: {most} were started")


async def time(stand: Stand) -> Proof:
    """Nothing runs longer than allowed."""
    build = await stand.build("time", "sleep 300", limits=LimitOverrides(time_s=0.5))
    return seen("limit: time", _held_for(build, "run_s"), f"300 s with 0.5 s allowed: {_end(build)}")


async def files(stand: Stand) -> Proof:
    """No more files are changed than allowed before the operator is asked."""
    build = await stand.build("files", "for i in $(seq 11); do echo > f$i; done; sleep 300")
    return seen("limit: changed files", _held_for(build, "files"), f"11 with 10 allowed: {_end(build)}")


async def calls(stand: Stand) -> Proof:
    """No more calls are made than allowed before the operator is asked, as far as they are told."""
    build = await stand.build("calls", "echo '::usage calls=1001'; sleep 300")
    return seen("limit: API calls", build.hold is not None, f"1,001 with 1,000 allowed: {_end(build)}")


async def price(stand: Stand) -> Proof:
    """Nothing goes on with a model whose price nobody has said."""
    build = await stand.build("price", "echo '::usage model=nobodys-model in=1000 out=10'; sleep 300")
    held = build.hold is not None and "nobodys-model" in build.hold.text
    return seen("limit: model without a price", held, f"1,010 tokens of one that no setting prices: {_end(build)}")


async def output(stand: Stand) -> Proof:
    """What is printed beyond the limit is cut, and that is told."""
    build = await stand.build("output", "head -c 4M /dev/zero | tr '\\0' x", limits=LimitOverrides(output_bytes=MB))
    kept = len(read_log(stand.workspace.build(build.id), None))
    told = " ".join(build.notes)
    held = kept <= 2 * MB and "cut" in told
    return seen("limit: output", held, f"4 MB with 1 MB allowed: {kept:,} bytes kept; {told}")


def _held_for(build: Build, figure: str) -> bool:
    return build.hold is not None and build.hold.figure == figure


def _end(build: Build) -> str:
    return build.hold.text if build.hold is not None else str(getattr(build.state, "text", build.state_name))


TRIALS: tuple[Trial, ...] = (memory, file_size, open_files, processes, time, output, files, calls, price)
