double wave_height(double at);
