"""What commands print of hardware: costs, jobs, where values came from."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qkdrp.cli.console import console

if TYPE_CHECKING:
    from pathlib import Path

    from qkdrp.backends.base import CostEstimate
    from qkdrp.backends.runtime.ledger import Ledger
    from qkdrp.backends.runtime.ledger_rows import Evaluation
    from qkdrp.backends.runtime.quota import Quota
    from qkdrp.backends.runtime.stages import Stages
    from qkdrp.runs.cost_preview import Preview
    from qkdrp.runs.jobs import Cancelled, Collected


def print_cost(cost: "CostEstimate") -> None:
    """Print what is about to be spent."""
    screen = console()
    for line in cost.lines():
        screen.print(line, soft_wrap=True)


def print_preview(found: "Preview") -> None:
    """Print what an evaluation would cost, beside what stock code would send."""
    screen = console()
    lines = [
        *found.cost.lines(),
        *_layer_lines(found),
        f"PUBs     evaluation of {found.n_samples} samples with {found.n_observables} "
        f"observables: {found.cost.pubs} (stock EstimatorQNN: {found.stock_pubs})",
        _gradient_line(found),
        *(f"note: {note}" for note in found.notes),
        "dry run: nothing was submitted",
    ]
    for line in lines:
        screen.print(line, soft_wrap=True)


def _layer_lines(found: "Preview") -> list[str]:
    """Return what each layer of a model with several costs, stage by stage."""
    if len({each.layer for each in found.layers}) == 1:
        return []
    n_stages = max(each.stage for each in found.layers) + 1
    return [
        f"stage    {each.stage + 1} of {n_stages}, layer {each.layer}: {each.cost.summary()}"
        for each in sorted(found.layers, key=lambda each: each.stage)
    ]


def _gradient_line(found: "Preview") -> str:
    if found.gradient_executions is None:
        return "         parameter-shift gradient of them: no rule is known for this circuit"
    return (
        f"         parameter-shift gradient of them: 1 PUB of {found.gradient_executions:,} "
        f"circuits (stock EstimatorQNN: {found.stock_gradient_pubs:,} PUBs)"
    )


def print_quota(instance: str, quota: "Quota", price: str) -> None:
    """Print what is left of an account's time."""
    screen = console()
    screen.print(f"instance {instance}", soft_wrap=True)
    screen.print(f"quota    {quota.line()}", soft_wrap=True)
    if price:
        screen.print(f"price    {price} for each second", soft_wrap=True)


def write_jobs_page(path: "Path", ledger: "Ledger", evaluations: Iterable["Evaluation"]) -> None:
    """Write a page of evaluations and say where it is."""
    from qkdrp.backends.runtime.ledger_destinations import full_summary
    from qkdrp.backends.runtime.stages import all_of
    from qkdrp.reports.jobs import jobs_page
    from qkdrp.reports.page import write_page

    shown = [full_summary(ledger, each.head) for each in all_of(ledger, evaluations)]
    write_page(path, jobs_page(str(ledger.path), shown))
    console().print(f"page: {path}", soft_wrap=True)


def hardware_lines(hardware: Mapping[str, Any]) -> list[str]:
    """Return where values came from; nothing where they did not come from hardware."""
    if not hardware:
        return []
    jobs = [job["id"] for each in hardware["evaluations"] for job in each["jobs"]]
    where = "simulated here" if hardware["simulated"] else f"jobs {', '.join(map(str, jobs))}"
    options, error = hardware["options"], hardware["standard_error"]
    return [
        f"device   {hardware['device']} (calibrated {hardware['calibrated'] or 'unknown'}), "
        f"{where}; {options['shots']} shots, resilience {options['resilience']}, estimator "
        f"{hardware['estimator']}; standard error of a value "
        f"{'unknown' if error is None else format(error, '.3f')}",
        *(f"note: {note}" for note in hardware["notes"]),
    ]


def print_evaluations(ledger: "Ledger", evaluations: Iterable["Evaluation"]) -> None:
    """Print evaluations; seconds with a tilde are estimated, others were charged."""
    from qkdrp.backends.runtime.cost_summary import seconds_text
    from qkdrp.backends.runtime.stages import all_of

    screen, any_there = console(), False
    for each in all_of(ledger, evaluations):
        any_there, head = True, each.head
        created = head.created[:16].replace("T", " ")
        progress = f", {each.progress}" if each.plan else ""
        seconds = seconds_text(each.to_json())
        lines = [
            f"{head.id:>3}  {each.state}{progress}, {seconds} s, {head.device}, {created}",
            *(
                f"     job {job.job or 'not sent'}{_of_layer(each, entry)}"
                for entry in each.entries
                for job in entry.jobs
            ),
            *([f"     {each.next_stage}"] if each.next_stage and not head.collected else []),
            f"     run {head.run or '-'}",
        ]
        for line in lines:
            screen.print(line, soft_wrap=True)  # commands take ids and paths: they stay whole
    if not any_there:
        screen.print("nothing was submitted so far")


def _of_layer(stages: "Stages", entry: "Evaluation") -> str:
    """Return which layer a job is of; nothing where there is a single one."""
    if not stages.plan:
        return ""
    return f"  stage {stages.stage_of(entry.layer) + 1}, layer {entry.layer}: {entry.state}"


def print_evaluation(shown: Mapping[str, Any]) -> None:
    """Print all that the ledger holds of an evaluation, as JSON."""
    print(json.dumps(shown, indent=2))  # noqa: T201  # to be read by programs, too


def print_collected(outcomes: Iterable["Collected"], nothing: str = "nothing to collect") -> bool:
    """Print what became of evaluations, a line each; tell whether nothing went wrong."""
    screen, fine, any_there = console(), True, False
    for each in outcomes:
        any_there = True
        what = each.problem or each.pending or f"collected: {each.folder or 'into the ledger'}"
        screen.print(f"evaluation {each.evaluation}: {what}", soft_wrap=True)
        for note in each.notes:
            screen.print(f"note: {note}", soft_wrap=True)
        fine = fine and not each.problem
    if not any_there:
        screen.print(nothing)
    return fine


def print_cancelled(ledger: "Ledger", outcome: "Cancelled") -> bool:
    """Print what was cancelled and what could not be; tell whether all could."""
    print_evaluations(ledger, [outcome.evaluation])
    screen = console()
    for problem in outcome.problems:
        screen.print(problem, soft_wrap=True)
    return not outcome.problems
