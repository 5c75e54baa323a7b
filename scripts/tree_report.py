"""The numbers of the tree: how long its functions and files are, how much it explains, how much it
tests, each against its budget. A reader of the table sees where the code grows out of shape."""

from statistics import median

from cpp_source import CppSource


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def comment_share(sources):
    """Lines that hold a comment, in percent of the lines that are not empty."""
    filled = sum(source.filled_lines() for source in sources)
    return 100 * sum(len(source.comment_lines) for source in sources) / filled if filled else 0


def print_row(name, value, budget, is_kept):
    print(f"  {name:<42} {value:>10}   {budget:<14} {'ok' if is_kept else 'OVER'}")


def print_report(check):
    sources = check.sources
    tests = [CppSource.read(path) for path in sorted((check.root / "tests").rglob("*.cc"))]
    public = [source for source in sources if "include" in source.path.relative_to(check.root).parts]
    _print_folders(check)
    print()
    _print_budget(sources, public, tests)
    print()
    _print_longest(check)


def _print_folders(check):
    rows = {}
    for source in check.sources:
        rows.setdefault(check.folder_of(source), []).append(source)
    print(f"  {'folder':<18} {'files':>5} {'lines':>7} {'functions':>9} {'median':>7} {'longest':>7} {'comments':>9}")
    for folder, members in sorted(rows.items()):
        lengths = [function.length for source in members for function in source.functions()] or [0]
        print(f"  {folder:<18} {len(members):>5} {sum(len(s.lines) for s in members):>7} {len(lengths):>9}"
              f" {median(lengths):>7.0f} {max(lengths):>7} {comment_share(members):>8.0f}%")


def _print_budget(sources, public, tests):
    functions = [function.length for source in sources for function in source.functions()] or [0]
    files = [len(source.lines) for source in sources] or [0]
    comments, public_comments = comment_share(sources), comment_share(public)
    production, tested = sum(files), sum(len(source.lines) for source in tests)
    cases = sum(source.code.count("TEST_CASE") for source in tests)
    print(f"  {'measure':<42} {'value':>10}   budget")
    print_row("function, median lines", f"{median(functions):.0f}", "<= 10", median(functions) <= 10)
    print_row("function, 90th percentile", percentile(functions, 0.9), "<= 40",
              percentile(functions, 0.9) <= 40)
    print_row("function, longest", max(functions), "<= 70", max(functions) <= 70)
    print_row("file, median lines", f"{median(files):.0f}", "<= 200", median(files) <= 200)
    print_row("file, longest", max(files), "<= 500", max(files) <= 500)
    print_row("comment lines", f"{comments:.0f} %", "15..25 %", 15 <= comments <= 25)
    print_row("comment lines in public headers", f"{public_comments:.0f} %", ">= 40 %",
              public_comments >= 40)
    print_row("public headers", len(public), "<= 10", len(public) <= 10)
    print_row(f"test lines ({cases} cases)", tested, f">= {production}", tested >= production)


def _print_longest(check):
    found = [(function.length, source, function) for source in check.sources
             for function in source.functions()]
    print("  longest functions")
    for length, source, function in sorted(found, key=lambda entry: -entry[0])[:8]:
        print(f"    {length:>4}  {source.path.relative_to(check.root)}:{function.line}")
