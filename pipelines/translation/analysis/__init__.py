"""Analysis of the translator's attention: explanation, alignment, report, faithfulness and robustness."""
