int score_version(void);
