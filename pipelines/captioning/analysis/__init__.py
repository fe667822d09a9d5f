"""Analysis of the captioner's attention: explanation, report, faithfulness, robustness. Private."""
