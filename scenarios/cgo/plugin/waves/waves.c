#include "waves.h"

#include <math.h>

double wave_height(double at) { return 2 * sin(at) + sin(3 * at); }
