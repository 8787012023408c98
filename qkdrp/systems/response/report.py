"""What the report page of a run says: course of the training, predictions, embedding."""

from qkdrp.systems.response.config import TrainConfig
from qkdrp.systems.response.data.cohort import Cohort
from qkdrp.systems.response.figures import EMBEDDED_SAMPLES
from qkdrp.systems.response.model_choice import recipe_of
from qkdrp.systems.response.preprocess import Preprocessor
from qkdrp.training.run_report import DrawnFigure, ReportSection, RunContent, RunReport


def report_of(run: RunContent[TrainConfig, Cohort, Preprocessor]) -> RunReport:
    """Return what the page of a run says beside scores and settings."""
    model = run.trained.config.model
    angles = (
        f"Right: the angles that the circuit takes, in radians; where they crowd, it sees nearly "
        f"the same for every sample. r = {model.r:.3g} rad, a = {model.a:g} at the start."
        if recipe_of(model).quantum
        else "The model has no circuit."
    )
    return RunReport(
        [
            ReportSection(
                "Course of the training",
                [
                    DrawnFigure(
                        "learning_curve",
                        "Losses and validation AUC by epoch",
                        "A validation loss that was still falling at the end would have fallen "
                        "further with more --patience or a higher --lr. The AUC of few responders "
                        "jumps by chance.",
                    )
                ],
            ),
            ReportSection(
                "Predictions",
                [
                    DrawnFigure(
                        "predictions",
                        "Predicted against measured response",
                        "Low is sensitive. The model tells responders apart where triangles lie "
                        "below dots; how well it predicts values shows along the dotted line.",
                    ),
                    "predictions.csv has every sample, with the prediction in the unit of the "
                    "measure.",
                ],
            ),
            ReportSection(
                "Embedding",
                [
                    DrawnFigure(
                        "embedding",
                        f"Embedding of {EMBEDDED_SAMPLES} training samples",
                        f"Left: what the encoder gives. {angles}",
                    )
                ],
            ),
        ]
    )
