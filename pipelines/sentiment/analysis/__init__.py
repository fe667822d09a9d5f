"""Analysis of the classifier's attention: explanation, report, faithfulness, plausibility, robustness."""
