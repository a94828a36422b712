"""The computation graph shows every quantity of the four equations, on the arrow that carries it."""

from matplotlib.patches import FancyArrowPatch

from tp1.reporting.mlp_figures import BOXES, EDGES, graph_figure


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_every_value_and_every_gradient_is_there_once_for_each_arrow():
    shown = texts(graph_figure())
    for edge in EDGES:
        assert edge.value in shown
        assert not edge.gradient or edge.gradient in shown
    for box in BOXES:
        assert {box.forward, *box.backward, "garde " + box.kept} <= set(shown)
        assert not box.parameter or box.parameter in shown


def test_what_goes_forward_comes_back_but_for_the_image_and_the_target():
    arrows = [
        p for p in graph_figure().axes[0].patches if isinstance(p, FancyArrowPatch)
    ]
    ahead = [arrow for arrow in arrows if arrow.get_linestyle() in ("-", "solid")]
    entering = [box for box in BOXES if box.parameter]
    learnt = [box for box in BOXES if box.gradient]
    assert len(ahead) == len(EDGES) + len(entering)
    assert len(arrows) - len(ahead) == len(EDGES) - 1 + len(learnt)
    assert len(entering) - len(learnt) == 1
