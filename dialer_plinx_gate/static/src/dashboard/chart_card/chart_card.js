/* global Chart */
import {Component, onWillStart, onWillUnmount, useEffect, useRef} from "@odoo/owl";
import {loadBundle} from "@web/core/assets";
import {cookie} from "@web/core/browser/cookie";
import {getColor} from "@web/core/colors/colors";

// The share of a ranking's width that names may take, and what a letter takes of it.
const NAMES_SHARE = 0.42;
const LETTER_WIDTH = 5.5;
const LINE_HEIGHT = 13;
// Names take as many lines as there is room for beside their bar, within these.
const FEWEST_LINES = 2;
const MOST_LINES = 4;

const cut = (text, length) =>
    text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;

/**
 * A name in a few lines; only what is longer still loses its end.
 *
 * @param {string} name
 * @param {number} length letters that fit on a line
 * @param {number} count the most lines
 * @returns {string[]}
 */
export function wrapName(name, length, count) {
    const lines = [];
    for (const word of name.split(/\s+/)) {
        const line = lines.length ? `${lines.at(-1)} ${word}` : word;
        const isLast = lines.length === count;
        if (lines.length && (isLast || line.length <= length)) {
            lines[lines.length - 1] = line;
        } else {
            lines.push(word);
        }
    }
    return lines.map((line) => cut(line, length));
}

/** How many letters of how many lines a ranking has room for beside each bar. */
function roomForNames({width, height, data}) {
    const lines = Math.floor(height / (data.labels.length + 1) / LINE_HEIGHT);
    return [
        Math.floor((NAMES_SHARE * width) / LETTER_WIDTH),
        Math.min(MOST_LINES, Math.max(FEWEST_LINES, lines)),
    ];
}

/** One chart of the dashboard; a click on a part of it opens what it counts. */
export class ChartCard extends Component {
    static template = "dialer_plinx_gate.ChartCard";
    static props = {
        title: String,
        type: {validate: (type) => ["bar", "ranking", "doughnut"].includes(type)},
        series: {
            type: Array,
            element: {
                type: Object,
                shape: {label: String, bars: Array, model: String},
            },
        },
        onOpen: Function,
    };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.series, this.props.type]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get empty() {
        return this.props.series.every(({bars}) => bars.every((bar) => !bar.value));
    }

    /** The chart in words, for those who do not see it. */
    get description() {
        const parts = this.props.series.flatMap(({label, bars}) =>
            bars
                .filter((bar) => bar.value)
                .map((bar) => `${label ? `${label}, ` : ""}${bar.label}: ${bar.value}`)
        );
        return `${this.props.title}. ${parts.join("; ")}`;
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (this.canvas.el && !this.empty) {
            this.chart = new Chart(this.canvas.el, this.config());
        }
    }

    config() {
        const {series, type} = this.props;
        const round = type === "doughnut";
        return {
            type: round ? "doughnut" : "bar",
            data: {
                labels: series[0].bars.map((bar) => bar.label),
                datasets: series.map(({label, bars}, index) => ({
                    label,
                    data: bars.map((bar) => bar.value),
                    backgroundColor: round
                        ? bars.map((_bar, place) => this.color(place, bars.length))
                        : this.color(index, series.length),
                    borderColor: this.style("--o-dialer-ground"),
                    borderWidth: round ? 2 : 0,
                    borderRadius: round ? 0 : 3,
                    maxBarThickness: 28,
                })),
            },
            options: this.options(round),
        };
    }

    options(round) {
        const {series, type} = this.props;
        const text = this.style("color");
        const ranking = type === "ranking";
        return {
            maintainAspectRatio: false,
            animation: false,
            indexAxis: ranking ? "y" : "x",
            cutout: "62%",
            scales: round ? {} : this.scales(ranking),
            plugins: {
                legend: {
                    display: round || series.length > 1,
                    position: "bottom",
                    labels: {color: text, boxWidth: 12},
                },
            },
            onHover: (event, parts) => {
                event.native.target.style.cursor = parts.length ? "pointer" : "";
            },
            onClick: (_event, parts) => this.onClick(parts),
        };
    }

    /** One axis with names, those of a ranking in lines, and one with counts. */
    scales(ranking) {
        const color = this.style("color");
        const line = {color: this.style("--o-dialer-line")};
        const names = {
            border: line,
            grid: {display: false},
            ticks: {
                color,
                font: {size: 11, lineHeight: 1.1},
                autoSkip: !ranking,
                callback(value) {
                    const name = this.getLabelForValue(value);
                    return ranking ? wrapName(name, ...roomForNames(this.chart)) : name;
                },
            },
        };
        const counts = {
            beginAtZero: true,
            border: line,
            grid: line,
            ticks: {color, precision: 0},
        };
        return ranking ? {x: counts, y: names} : {x: names, y: counts};
    }

    onClick(parts) {
        if (parts.length) {
            const {datasetIndex, index} = parts[0];
            const {bars, model} = this.props.series[datasetIndex];
            this.props.onOpen(
                model,
                `${this.props.title}: ${bars[index].label}`,
                bars[index].domain
            );
        }
    }

    color(index, count) {
        return getColor(index, cookie.get("color_scheme"), count);
    }

    /** A colour of the page around the chart, so that it follows the theme. */
    style(name) {
        return getComputedStyle(this.canvas.el.parentElement)
            .getPropertyValue(name)
            .trim();
    }
}
