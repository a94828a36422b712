"""What a training run has reached after each epoch: kept, printed, drawn."""

from tp1.learning.errors import EmptyLogError


class Logger:
    """Mean loss and accuracy on the training and validation sets, an entry for each epoch from epoch 0.

    Attributes
    ----------
    accuracies_train, losses_train, accuracies_valid, losses_valid : list of float
        Accuracies as proportions; mean losses in nats.
    """

    def __init__(self) -> None:
        self.accuracies_train: list[float] = []
        self.losses_train: list[float] = []
        self.accuracies_valid: list[float] = []
        self.losses_valid: list[float] = []

    def log(
        self,
        accuracy_train: float = 0,
        loss_train: float = 0,
        accuracy_valid: float = 0,
        loss_valid: float = 0,
    ) -> None:
        """Add an epoch."""
        self.accuracies_train.append(float(accuracy_train))
        self.losses_train.append(float(loss_train))
        self.accuracies_valid.append(float(accuracy_valid))
        self.losses_valid.append(float(loss_valid))

    def plot_loss_and_accuracy(self, train: bool = True, valid: bool = True) -> None:
        """Draw the mean loss and the accuracy against the epoch, and show the figure.

        Parameters
        ----------
        train, valid : bool
            Which of the two sets to draw.

        Raises
        ------
        EmptyLogError
            If neither is asked for, or no epoch has been logged.
        """
        if not (train or valid):
            raise EmptyLogError(
                "train=False and valid=False: ask for one curve at least"
            )
        self._check_epochs()
        # Matplotlib is slow to import, and training needs no figure.
        from matplotlib import pyplot as plt
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        _, (left, right) = plt.subplots(1, 2, figsize=(6.3, 2.8), layout="constrained")
        for asked, name, style, losses, accuracies in (
            (train, "entraînement", "C0o-", self.losses_train, self.accuracies_train),
            (valid, "validation", "C1s--", self.losses_valid, self.accuracies_valid),
        ):
            if asked:
                left.plot(losses, style, markersize=3, label=name)
                right.plot(accuracies, style, markersize=3, label=name)
        left.set_ylabel("perte moyenne (nats)")
        right.set_ylabel("exactitude")
        left.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}".replace(".", ","))
        )
        right.yaxis.set_major_formatter(
            FuncFormatter(
                lambda value, _: f"{100 * value:.3g}\u00a0%".replace(".", ",")
            )
        )
        for ax in (left, right):
            ax.set_xlabel("époque")
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
            ax.legend()
        plt.show()

    def print_last(self) -> None:
        """Print the last epoch on one line.

        Raises
        ------
        EmptyLogError
            If no epoch has been logged.
        """
        self._check_epochs()
        sets = (
            ("entraînement", self.losses_train, self.accuracies_train),
            ("validation", self.losses_valid, self.accuracies_valid),
        )
        shown = " | ".join(
            f"{name} : perte {losses[-1]:.3f}, exactitude {100 * accuracies[-1]:.1f} %"
            for name, losses, accuracies in sets
        ).replace(".", ",")
        print(f"Époque {len(self.losses_train) - 1:2d} | {shown}")  # noqa: T201 (what it is for)

    def _check_epochs(self) -> None:
        if not self.losses_train:
            raise EmptyLogError("no epoch has been logged yet: call log first")
