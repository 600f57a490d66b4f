/**
 * Time as a stopwatch shows it.
 *
 * @param {number} seconds
 * @returns {string} `4:05`, or `1:04:05` from an hour on
 */
export function formatClock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const pad = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const rest = `${hours ? pad(minutes) : minutes}:${pad(whole % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
}
