//! From numbers to places.

/// Height of the area that bars and lines fill, in pixels.
pub(super) const HEIGHT: f64 = 120.0;

/// Labels along the time axis, at most.
const LABELS: usize = 6;

/// The end of an axis that begins at 0 and reaches `largest`: 1, 2 or 5 times a power of ten, never less than `least`.
pub(super) fn axis_end(largest: f64, least: f64) -> f64 {
    let largest = largest.max(least);
    let power = 10_f64.powf(largest.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    steps.iter().map(|step| step * power).find(|end| *end >= largest).unwrap_or(largest)
}

/// A length in at most two decimals: enough for a screen, short in the page.
pub(super) fn short(length: f64) -> String {
    let text = format!("{length:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Which of `count` columns have a label.
pub(super) fn is_labelled(index: usize, count: usize) -> bool {
    index.is_multiple_of(count.div_ceil(LABELS).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        let ends = [0.0, 1.0, 3.0, 7.0, 10.0, 11.0, 480.0, 0.4].map(|largest| axis_end(largest, 1.0));
        assert_eq!(ends, [1.0, 1.0, 5.0, 10.0, 10.0, 20.0, 500.0, 1.0]);
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!([0.0, 1.5, 33.333_333, 100.0].map(short), ["0", "1.5", "33.33", "100"]);
    }

    #[test]
    fn labels_do_not_crowd() {
        for count in 1..100 {
            let labels = (0..count).filter(|index| is_labelled(*index, count)).count();
            assert!((1..=LABELS).contains(&labels), "{labels} of {count}");
        }
    }
}
