from foveal.pipelines.evaluation.legends import attention_legend, table_legend


def test_legend_says_that_attention_is_the_mean_of_heads():
    assert attention_legend(1) == "attention"
    assert attention_legend(2) == "attention, mean of 2 heads"
    assert table_legend(1) == "attention; gate: 0 attends, 1 relies on own state"
