//! From numbers to places.

/// Height of the area that bars and lines fill, in pixels.
pub(super) const HEIGHT: f64 = 120.0;

/// Labels along the time axis, at most.
const LABELS: usize = 6;

/// The end of an axis that begins at 0 and reaches `largest`: a round number.
pub(super) fn axis_end(largest: f64) -> f64 {
    const STEPS: [f64; 9] = [1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0];
    let largest = largest.max(0.001);
    let power = 10_f64.powf(largest.log10().floor());
    STEPS.iter().map(|step| step * power).find(|end| *end >= largest).unwrap_or(largest)
}

/// The end of an axis of counts; its half is a whole number too.
pub(super) fn count_axis_end(largest: u64) -> f64 {
    if largest <= 4 { largest.max(2).next_multiple_of(2) as f64 } else { axis_end(largest as f64) }
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
        assert_eq!([1.0, 7.0, 11.0, 109.0, 480.0].map(axis_end), [1.0, 8.0, 12.0, 120.0, 600.0]);
        assert!((axis_end(0.35) - 0.4).abs() < 1e-9 && axis_end(0.0) > 0.0);
    }

    #[test]
    fn half_an_axis_of_counts_is_a_count() {
        assert_eq!([0, 1, 3, 4, 5, 9].map(count_axis_end), [2.0, 2.0, 4.0, 4.0, 6.0, 10.0]);
        for largest in 0..2_000 {
            let end = count_axis_end(largest);
            assert!(end >= largest as f64 && (end / 2.0).fract() == 0.0, "{largest}: {end}");
        }
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
