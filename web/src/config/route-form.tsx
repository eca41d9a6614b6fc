import { Name } from '../ui/name.tsx';
import { type EditableRoute, rebalance } from './editable.ts';

interface RouteFormProps {
  readonly route: EditableRoute;
  readonly onChange: (route: EditableRoute) => void;
}

export function RouteForm({ route, onChange }: RouteFormProps) {
  const { destinations, delay, abort } = route;
  const setWeight = (index: number, value: number) => {
    const weights = rebalance(
      destinations.map((one) => one.weight),
      index,
      value,
    );
    onChange({ ...route, destinations: destinations.map((one, at) => ({ ...one, weight: weights[at] ?? 0 })) });
  };
  return (
    <fieldset class="route">
      <legend>
        <Name text={route.title} />
      </legend>
      {destinations.length < 2
        ? null
        : destinations.map(({ name, weight }, index) => (
            <label key={index} class="field weight">
              <Name text={name} />
              <input
                type="range"
                min={0}
                max={100}
                value={weight}
                aria-label={`Weight of ${name}, percent`}
                onInput={(event) => setWeight(index, event.currentTarget.valueAsNumber)}
              />
              <output>{weight} %</output>
            </label>
          ))}
      <div class="fields">
        <label class="field">
          Timeout
          <input
            placeholder="none, e.g. 3s"
            value={route.timeout}
            onInput={(event) => onChange({ ...route, timeout: event.currentTarget.value.trim() })}
          />
        </label>
        <Percent
          name="Delay, % of requests"
          value={delay.percent}
          onValue={(percent) => onChange({ ...route, delay: { percent, time: delay.time || '1s' } })}
        />
        <label class="field">
          Delay by
          <input
            placeholder="1s"
            value={delay.time}
            onInput={(event) => onChange({ ...route, delay: { ...delay, time: event.currentTarget.value.trim() } })}
          />
        </label>
        <Percent
          name="Abort, % of requests"
          value={abort.percent}
          onValue={(percent) => onChange({ ...route, abort: { ...abort, percent } })}
        />
        <label class="field">
          Abort with status
          <input
            type="number"
            min={200}
            max={599}
            value={abort.status}
            onInput={(event) =>
              onChange({ ...route, abort: { ...abort, status: event.currentTarget.valueAsNumber || 503 } })
            }
          />
        </label>
      </div>
    </fieldset>
  );
}

interface PercentProps {
  readonly name: string;
  readonly value: number;
  readonly onValue: (value: number) => void;
}

function Percent({ name, value, onValue }: PercentProps) {
  return (
    <label class="field">
      {name}
      <input
        type="number"
        min={0}
        max={100}
        step="any"
        value={value}
        onInput={(event) => onValue(Math.min(100, Math.max(0, event.currentTarget.valueAsNumber || 0)))}
      />
    </label>
  );
}
