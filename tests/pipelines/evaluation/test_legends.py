from foveal.pipelines.evaluation.legends import attention_legend, table_legend


def test_legend_says_that_attention_is_the_mean_of_heads():
    assert attention_legend(1) == "attention"
    assert attention_legend(2) == "attention, mean of 2 heads"


def test_table_legend_explains_the_gate_of_a_model_with_one():
    assert table_legend(1, has_gate=False) == "attention"
    assert table_legend(1, has_gate=True).splitlines() == [
        "attention",
        "gate: 0 attention alone, 1 memory alone; from memory: gate above 0.5",
    ]
