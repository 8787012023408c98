"""What ``qkdrp evaluate`` prints."""

from typing import TYPE_CHECKING

from qkdrp.cli.console import console, print_folder
from qkdrp.cli.hardware_report import hardware_lines
from qkdrp.cli.noise_report import circuit_lines, noise_lines, repeats_line
from qkdrp.cli.score_table import ScoreTable

if TYPE_CHECKING:
    from qkdrp.runs.evaluate import Evaluation


def report_evaluation(evaluation: "Evaluation") -> None:
    """Print an evaluation beside the scores of the training."""
    from qkdrp.systems.registry import find_system
    from qkdrp.training.run_config import DEFAULT_SYSTEM

    screen = console()
    trained, metrics = evaluation.trained, evaluation.metrics
    noise = metrics.get("noise", {})
    repeats = metrics.get("repeats")
    when = f"mean of {repeats['n']}" if repeats else "now"
    columns = {
        f"{trained.get('predicted_on', trained['backend'])},\ntrained": trained["test"],
        f"{metrics['backend']},\n{when}": metrics["test"],
        **trained["baselines"],
    }
    hardware = hardware_lines(metrics.get("hardware", {}))
    for line in (*noise_lines(noise), *circuit_lines(noise), *hardware):
        screen.print(line, soft_wrap=True)
    system = find_system(trained.get("system", DEFAULT_SYSTEM))
    screen.print(ScoreTable(system, trained, columns))
    if repeats:
        screen.print(repeats_line(repeats), soft_wrap=True)
    if not metrics["same_data"]:
        screen.print("the data differ from those that the run was trained on")
    if metrics["not_predicted"]:
        screen.print(
            f"{metrics['not_predicted']} test samples have no finite values and no prediction: "
            "scores of the others",
            soft_wrap=True,
        )
    if metrics["largest_prediction_shift"] is not None:
        screen.print(f"largest change of a prediction: {metrics['largest_prediction_shift']:.2g}")
    print_folder("evaluation", evaluation.path)
