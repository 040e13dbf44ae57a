"""Problems seen coming: facts are gathered at the edge, judged by small pure rules, and told with what to do."""
