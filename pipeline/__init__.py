"""The verbs: pull check admit match rank publish | serve learn forget. Joins the siblings; knows neither Airflow nor HTTP."""
